// Draws the charts of a page (gridinspect/documents/charts.py) with ECharts. Each figure
// carries its data as JSON and as a table; the table folds away once the chart stands.
(function () {
  "use strict";

  const FONT = "'Noto Sans SC', 'Microsoft YaHei', 'PingFang SC', sans-serif";
  const MANY = 12; // more labels than this lie better as horizontal bars

  function format(value, decimals) {
    if (value === null || value === undefined) return "—";
    return Number(value).toLocaleString("zh-CN", {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    });
  }

  function targetLines(spec, lying) {
    return {
      silent: true,
      symbol: "none",
      lineStyle: { type: "dashed", color: spec.targetColour, width: 1.5 },
      label: { color: spec.targetColour, position: lying ? "end" : "insideEndTop" },
      data: spec.targets.map(function (target) {
        const line = {
          name: target.name,
          label: { formatter: target.name + " " + format(target.value, spec.decimals) },
        };
        line[lying ? "xAxis" : "yAxis"] = target.value;
        return line;
      }),
    };
  }

  function oneSeries(spec, series, index, lying) {
    const drawn = {
      name: series.name,
      type: spec.kind === "line" ? "line" : "bar",
      data: series.values, // null leaves a gap
      connectNulls: false,
      barMaxWidth: 28,
    };
    if (spec.kind === "stacked") drawn.stack = "total";
    if (spec.kind === "line") {
      drawn.symbol = ["circle", "rect", "triangle", "diamond"][index % 4];
      drawn.symbolSize = 7;
    }
    if (index === 0 && spec.targets.length) drawn.markLine = targetLines(spec, lying);
    return drawn;
  }

  function axes(spec, lying) {
    const categories = {
      type: "category",
      data: spec.labels,
      inverse: lying,
      axisLabel: { width: lying ? 120 : undefined, overflow: "truncate", hideOverlap: !lying },
    };
    const values = { type: "value", name: spec.unit, min: 0 };
    const highest = Math.max(
      0,
      ...spec.series.flatMap((series) => series.values.map((value) => value || 0)),
      ...spec.targets.map((target) => target.value)
    );
    if (spec.unit === "%" && highest <= 100) values.max = 100;
    return lying ? { xAxis: values, yAxis: categories } : { xAxis: categories, yAxis: values };
  }

  function option(spec, lying) {
    return Object.assign(
      {
        animation: false,
        color: spec.palette,
        textStyle: { fontFamily: FONT },
        legend: { top: 0, data: spec.series.map((series) => series.name) },
        grid: { left: 8, right: 40, top: 44, bottom: 8, containLabel: true },
        // Rich text is painted on the canvas: the page's policy allows no style attributes.
        tooltip: {
          trigger: "axis",
          renderMode: "richText",
          axisPointer: { type: spec.kind === "line" ? "line" : "shadow" },
          valueFormatter: (value) => format(value, spec.decimals) + (value === null ? "" : spec.unit),
        },
        series: spec.series.map((series, index) => oneSeries(spec, series, index, lying)),
      },
      axes(spec, lying)
    );
  }

  function draw(figure) {
    const data = document.getElementById(figure.dataset.chart);
    const box = figure.querySelector(".chart");
    if (!data || !box || box.dataset.drawn || !window.echarts) return;
    const spec = JSON.parse(data.textContent);
    const empty = spec.series.every((series) => series.values.every((value) => value === null));
    if (empty) return; // the table says so
    const lying = spec.kind !== "line" && spec.labels.length > MANY;
    box.hidden = false;
    if (lying) box.classList.add("chart-tall");
    box.dataset.drawn = "yes";
    const chart = window.echarts.init(box, null, { renderer: "canvas" });
    chart.setOption(option(spec, lying));
    if (window.ResizeObserver) new ResizeObserver(() => chart.resize()).observe(box);
    const table = figure.querySelector("details.chart-data");
    if (table) table.open = false;
  }

  function drawAll(root) {
    root.querySelectorAll("figure[data-chart]").forEach(draw);
  }

  function start() {
    drawAll(document);
    document.body.addEventListener("htmx:load", (event) => drawAll(event.target.parentNode || document));
  }

  // A table must be open on paper, whatever was folded on the screen.
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details.chart-data").forEach((table) => { table.open = true; });
  });

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
