// Draws a boundary on the map with Leaflet-Geoman. What is drawn stands in the field of
// points below the map, and what is typed there is drawn: the form sends only the field.
(function () {
  "use strict";

  const HOLE = "孔"; // as in grids/boundaries.py
  const NEAR = 16; // pixels within which a point takes the place of a neighbour's edge
  const HANDLES = 150; // points that can be dragged at a time, those next to the mouse
  const DRAWN = { color: "#0f4fa0", weight: 2.5, fillColor: "#0f4fa0", fillOpacity: 0.15 };

  // The package names its buttons for the mouse only.
  const BUTTONS = {
    polygon: "画新的一块",
    edit: "修改各点",
    cut: "挖孔",
    delete: "删除整块",
  };

  function nameButtons(place) {
    for (const [icon, words] of Object.entries(BUTTONS)) {
      const mark = place.querySelector(".leaflet-pm-icon-" + icon);
      mark.closest("a").setAttribute("aria-label", words);
    }
  }

  // --- the field ----------------------------------------------------------------------

  function line(point) {
    return point.lng.toFixed(7) + ", " + point.lat.toFixed(7);
  }

  function written(layers) {
    const rings = [];
    for (const layer of layers) {
      const drawn = layer.getLatLngs();
      const parts = Array.isArray(drawn[0][0]) ? drawn : [drawn];
      for (const part of parts) {
        part.forEach(function (ring, index) {
          if (ring.length) rings.push((index ? HOLE + "\n" : "") + ring.map(line).join("\n"));
        });
      }
    }
    return rings.join("\n\n");
  }

  // Returns polygons of rings of points, or null where a line cannot be read.
  function read(text) {
    const polygons = [];
    let ring = null;
    for (const row of text.split(/\r?\n/)) {
      const words = row.trim();
      if (!words) {
        ring = null;
      } else if (words === HOLE) {
        if (!polygons.length) return null;
        polygons[polygons.length - 1].push((ring = []));
      } else {
        const [x, y, more] = words.split(/[\s,，;；]+/).map(Number);
        if (!Number.isFinite(x) || !Number.isFinite(y) || more !== undefined) return null;
        if (!ring) polygons.push([(ring = [])]);
        ring.push([y, x]);
      }
    }
    return polygons;
  }

  // --- the map ------------------------------------------------------------------------

  function drawAround(map, grids) {
    const all = L.featureGroup();
    for (const grid of grids) {
      const style = grid.own
        ? { color: "#1d2a3a", weight: 3, fill: false }
        : { color: "#66717e", weight: 1.5, fillColor: "#66717e", fillOpacity: 0.08 };
      const shape = L.geoJSON(grid.shape, {
        interactive: false,
        pmIgnore: true,
        snapIgnore: false,
        style,
      });
      if (!grid.own) {
        const name = document.createElement("span");
        name.textContent = grid.name;
        shape.bindTooltip(name, {
          permanent: true,
          direction: "center",
          className: "gi-map-name",
        });
      }
      all.addLayer(shape);
    }
    return all.addTo(map);
  }

  function open(place) {
    const data = JSON.parse(document.getElementById(place.dataset.draw).textContent);
    const field = document.getElementById(place.dataset.field);
    const state = document.querySelector("[data-draw-state]");
    place.closest("[data-map-box]").hidden = false;
    const map = L.map(place, {
      zoomControl: false,
      zoomSnap: 0.25,
      maxZoom: 22,
      attributionControl: Boolean(data.tiles && data.attribution),
      scrollWheelZoom: false,
      zoomAnimation: false,
      fadeAnimation: false,
    });
    L.control.zoom({ position: "topright", zoomInTitle: "放大", zoomOutTitle: "缩小" }).addTo(map);
    if (data.tiles) L.tileLayer(data.tiles, { attribution: data.attribution }).addTo(map);
    L.control.scale({ imperial: false }).addTo(map);
    const around = drawAround(map, data.grids);
    const drawn = L.featureGroup().addTo(map);

    function tell() {
      const layers = drawn.getLayers();
      const count = (field.value.match(/\d+\.\d+\s*[,，]/g) || []).length;
      state.textContent = layers.length ? "共 " + layers.length + " 块，" + count + " 个点" : "还没有画";
    }

    function write() {
      field.value = written(drawn.getLayers());
      tell();
    }

    function follow(layer) {
      layer.on("pm:edit pm:dragend pm:update", write);
      layer.on("pm:markerdragend pm:vertexadded pm:vertexremoved", write);
    }

    function redraw() {
      const polygons = read(field.value);
      if (!polygons) {
        state.textContent = "各点坐标中有一行不是“经度, 纬度”";
        return;
      }
      map.pm.disableGlobalEditMode();
      drawn.clearLayers();
      for (const rings of polygons) {
        if (rings[0].length < 3) continue;
        const layer = L.polygon(rings, DRAWN);
        follow(layer);
        drawn.addLayer(layer);
      }
      tell();
    }

    function look() {
      const known = [drawn, around].filter((group) => group.getLayers().length);
      if (known.length) {
        const bounds = L.latLngBounds([]);
        for (const group of known) bounds.extend(group.getBounds());
        map.fitBounds(bounds, { padding: [12, 12] });
      } else {
        const [latitudes, longitudes] = data.wide;
        map.fitBounds([
          [latitudes[0], longitudes[0]],
          [latitudes[1], longitudes[1]],
        ]);
      }
    }

    redraw();
    look();
    map.pm.setLang("zh");
    map.pm.setGlobalOptions({
      layerGroup: drawn,
      snappable: true,
      snapDistance: NEAR,
      allowSelfIntersection: false,
      limitMarkersToCount: HANDLES,
      pathOptions: DRAWN,
      templineStyle: { color: DRAWN.color, weight: 2 },
      hintlineStyle: { color: DRAWN.color, weight: 2, dashArray: "5 5" },
    });
    map.pm.addControls({
      position: "topleft",
      drawMarker: false,
      drawCircleMarker: false,
      drawPolyline: false,
      drawRectangle: false,
      drawCircle: false,
      drawText: false,
      rotateMode: false,
      dragMode: false,
    });
    nameButtons(place);
    map.on("pm:create", function (event) {
      follow(event.layer);
      write();
    });
    map.on("pm:cut", function (event) {
      follow(event.layer);
      write();
    });
    map.on("pm:remove", write);
    field.addEventListener("change", redraw);
  }

  for (const place of document.querySelectorAll("[data-draw]")) open(place);
})();
