import { leaflet as L } from "nicegui-leaflet";
import { loadResource } from "../../static/utils/resources.js";

const LINES = { street: 2.6, community: 1.6 };
const tip = (name, text) => {
  const box = document.createElement("div"), head = document.createElement("b");
  head.textContent = name;
  box.append(head, document.createElement("br"), document.createTextNode(text));
  return box;
};

export default {
  template: `<div class="map" role="group" :aria-label="label"></div>`,
  props: { src: String, cells: Object, label: String, zoomable: Boolean, focus: String, pin: Array, resourcePath: String },
  async mounted() {
    await this.$nextTick();
    await loadResource(window.path_prefix + `${this.resourcePath}/leaflet/leaflet.css`);
    const shapes = await (await fetch(this.src)).json();
    if (!this.$el.isConnected) return;
    const map = (this.map = L.map(this.$el, {
      attributionControl: false, zoomControl: this.zoomable, zoomSnap: 0.1, scrollWheelZoom: false,
      dragging: this.zoomable && !L.Browser.mobile, keyboard: false, zoomAnimation: false, fadeAnimation: false,
    }));
    const of = (level) => ({ ...shapes, features: shapes.features.filter((f) => f.properties.level === level) });
    this.grids = L.geoJSON(of("grid"), { style: this.style, onEachFeature: this.dress }).addTo(map);
    for (const level of ["community", "street"])
      L.geoJSON(of(level), { interactive: false, style: { fill: false, weight: LINES[level], className: level + "-line" } }).addTo(map);
    this.badges = L.layerGroup().addTo(map);
    this.labels = of("community").features.map((f) => this.sign(f.properties.at, "map-label", f.properties.short));
    const near = shapes.features.filter((f) => f.properties.code === this.focus);
    this.near = near.length ? L.geoJSON({ ...shapes, features: near }) : this.grids;
    this.fit();
    if (this.pin) this.sign(this.pin, "map-badge map-pin", "●").addTo(map);
    map.on("zoomend resize", this.settle);
    this.observer = new ResizeObserver(() => { map.invalidateSize(); this.fit(); });
    this.observer.observe(this.$el);
    this.paint();
  },
  unmounted() { this.observer?.disconnect(); this.map?.remove(); },
  watch: { cells() { if (this.badges) this.paint(); } },
  methods: {
    fit() { this.map.fitBounds(this.near.getBounds(), { padding: [10, 10], animate: false }); },
    cell(feature) { return this.cells[feature.properties.code] || { shade: 0, late: 0, hint: "" }; },
    style(feature) { return { weight: 0.8, fillOpacity: 1, className: "grid shade" + this.cell(feature).shade }; },
    dress(feature, layer) {
      layer.bindTooltip(() => tip(feature.properties.name, this.cell(feature).hint), { sticky: true });
      layer.on("click", () => { const c = this.cell(feature); if (c.href) location.href = c.href; });
    },
    sign(at, css, text) {
      const mark = document.createElement("span");
      mark.textContent = text;
      return L.marker([at[1], at[0]], { interactive: false, keyboard: false, icon: L.divIcon({ className: css, html: mark, iconSize: null }) });
    },
    paint() {
      this.badges.clearLayers();
      this.grids.eachLayer((layer) => {
        const { shade, late } = this.cell(layer.feature), path = layer.getElement();
        for (let i = 0; i < 5; i++) path?.classList.toggle("shade" + i, i === shade);
        if (late) this.sign(layer.feature.properties.at, "map-badge", late).addTo(this.badges);
      });
      this.settle();
    },
    settle() {
      const at = (mark) => this.map.latLngToContainerPoint(mark.getLatLng());
      const taken = this.badges.getLayers().map(at);
      for (const label of this.labels) {
        const here = at(label), clear = taken.every((p) => Math.abs(p.x - here.x) > 30 || Math.abs(p.y - here.y) > 18);
        clear ? label.addTo(this.map) : label.remove();
      }
    },
  },
};
