// Draws outline maps with Leaflet from the JSON of the page. Everything on them is in a
// table of the page too. No icons: circles and outlines only.
(function () {
  "use strict";

  const OWN = "#1d2a3a";
  const NEAR = 36; // pixels: units nearer than this share a circle
  const NAMED = 60; // more names than this would lie over one another

  function words(...lines) {
    const box = document.createElement("div");
    for (const line of lines) {
      const part = document.createElement("div");
      part.textContent = line;
      box.append(part);
    }
    return box;
  }

  function link(text, url) {
    const anchor = document.createElement("a");
    anchor.href = url;
    anchor.textContent = text;
    return anchor;
  }

  function popup(lines, text, url) {
    const box = words(...lines);
    box.append(link(text, url));
    return box;
  }

  function drawGrids(map, grids) {
    const all = L.featureGroup();
    for (const grid of grids) {
      const colour = grid.own ? OWN : grid.colour;
      const shape = L.geoJSON(grid.shape, {
        interactive: !grid.own,
        style: {
          color: colour,
          weight: grid.own ? 3 : 1.5,
          fill: !grid.own,
          fillColor: colour,
          fillOpacity: 0.18,
        },
      });
      if (!grid.own) shape.bindPopup(popup([grid.code, grid.name], "看这个网格", grid.url));
      if (!grid.own && grids.length <= NAMED) {
        shape.bindTooltip(words(grid.name), {
          permanent: true,
          direction: "center",
          className: "gi-map-name",
        });
      }
      all.addLayer(shape);
    }
    return all.addTo(map);
  }

  // The legend: the colour of each grid beside its code and name.
  function listColours(list, grids) {
    for (const grid of grids) {
      if (grid.own) continue;
      const item = document.createElement("li");
      const key = document.createElement("i");
      key.className = "gi-key";
      key.style.borderColor = grid.colour;
      key.style.backgroundColor = grid.colour + "2e"; // 18 % of it, as on the map
      item.append(key, link(grid.code + " " + grid.name, grid.url));
      list.append(item);
    }
    list.hidden = !list.children.length;
  }

  // Units that would lie over one another become one circle with their number.
  function clusters(map, units) {
    const found = new Map();
    const seen = map.getBounds().pad(0.2);
    for (const unit of units) {
      if (!seen.contains(unit.place)) continue;
      const at = map.project(unit.place).divideBy(NEAR).floor();
      const key = at.x + ":" + at.y;
      if (!found.has(key)) found.set(key, []);
      found.get(key).push(unit);
    }
    return [...found.values()];
  }

  function drawUnits(map, layer, units) {
    layer.clearLayers();
    for (const group of clusters(map, units)) {
      const many = group.length > 1;
      const centre = L.latLngBounds(group.map((unit) => unit.place)).getCenter();
      const circle = L.circleMarker(centre, {
        radius: many ? Math.min(8 + Math.log2(group.length) * 2, 20) : 5,
        color: "#b3261e",
        weight: 1.5,
        fillColor: "#e4572e",
        fillOpacity: 0.75,
      });
      if (many) {
        circle.bindTooltip(String(group.length), {
          permanent: true,
          direction: "center",
          className: "gi-map-count",
        });
        circle.on("click", () => map.setView(centre, map.getZoom() + 2));
      } else {
        circle.bindPopup(popup([group[0].name], "单位档案", group[0].url));
      }
      layer.addLayer(circle);
    }
  }

  function drawFaults(map, faults) {
    const byNumber = new Map();
    for (const fault of faults) {
      const style = { color: "#c40000", weight: 2, fillColor: "#c40000", fillOpacity: 0.55 };
      if (fault.shape) L.geoJSON(fault.shape, { style }).addTo(map);
      const mark = L.circleMarker(fault.place, Object.assign({ radius: 7 }, style));
      mark.bindTooltip(words(fault.number + " " + fault.text)).addTo(map);
      byNumber.set(String(fault.number), mark);
    }
    document.addEventListener("click", function (event) {
      const asked = event.target.closest("[data-fault]");
      const mark = asked && byNumber.get(asked.dataset.fault);
      if (!mark) return;
      event.preventDefault();
      map.setView(mark.getLatLng(), Math.max(map.getZoom(), 17));
      mark.openTooltip();
      map.getContainer().scrollIntoView({ block: "center" });
    });
  }

  function draw(place) {
    const data = JSON.parse(document.getElementById(place.dataset.map).textContent);
    place.closest("[data-map-box]").hidden = false;
    const map = L.map(place, {
      zoomControl: false,
      zoomSnap: 0.25,
      attributionControl: Boolean(data.tiles && data.attribution),
      scrollWheelZoom: false, // the page scrolls; the buttons and two fingers zoom
      zoomAnimation: false,
      fadeAnimation: false,
    });
    L.control.zoom({ zoomInTitle: "放大", zoomOutTitle: "缩小" }).addTo(map);
    if (data.tiles) L.tileLayer(data.tiles, { attribution: data.attribution }).addTo(map);
    L.control.scale({ imperial: false }).addTo(map);
    const outlines = drawGrids(map, data.grids);
    const whole = outlines.getBounds();
    map.fitBounds(whole, { padding: [12, 12] });
    listColours(place.closest("[data-map-box]").querySelector("[data-map-legend]"), data.grids);
    const units = L.layerGroup().addTo(map);
    const redraw = () => drawUnits(map, units, data.units);
    map.on("moveend", redraw);
    redraw();
    drawFaults(map, data.faults);
    // The sheet of paper has another size than the window: take it before the page is
    // laid out for paper, and give it back afterwards.
    function fit(isPaper) {
      place.classList.toggle("gi-map-on-paper", isPaper);
      map.invalidateSize({ animate: false });
      map.fitBounds(whole, { padding: [12, 12], animate: false });
    }
    window.addEventListener("beforeprint", () => fit(true));
    window.addEventListener("afterprint", () => fit(false));
  }

  for (const place of document.querySelectorAll("[data-map]")) draw(place);
})();
