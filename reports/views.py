from django.shortcuts import render


def workbench(request):
    """Show what is mine to do today."""
    return render(request, "base.html")
