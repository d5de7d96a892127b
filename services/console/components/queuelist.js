// What waits at a desk: one row a link; j and k move, rows never move under the reader. With `picking` rows are picked
// that go on together: those of one group, as many as may; what is picked stands in the address.
export default {
  template: `
    <nav class="queue" :aria-label="label">
      <div v-for="i in items" :key="i.key" class="queue-line" :class="{ off: off(i) }">
        <label v-if="picking" class="pick-box" :title="off(i) || null"><input type="checkbox" :value="i.key" v-model="picked" :disabled="!!off(i)" :aria-label="picking.pick.replace('{number}', i.number)" :aria-describedby="off(i) ? 'pick-rule' : null"></label>
        <a :href="i.href + (among.length ? '&pick=' + among : '')" class="queue-row" :class="{ on: i.key === chosen }" :aria-current="i.key === chosen || null">
          <span class="queue-top"><b>{{ i.title }}</b><span v-if="i.left" class="left" :class="i.state">{{ i.left }}</span></span>
          <span class="queue-mid"><span class="chip" :class="i.state">{{ i.chip }}</span><span>{{ i.number }}</span><time>{{ i.due }}</time></span>
          <span class="queue-low">{{ i.more }}</span>
        </a>
      </div>
      <p v-if="!items.length" class="empty">{{ empty }}</p>
      <div v-if="among.length" class="queue-bar">
        <p role="status">{{ picking.picked.replace('{n}', among.length) }}</p><p id="pick-rule">{{ picking.rule }}</p>
        <a class="button primary" :href="picking.href + among">{{ picking.go }}</a>
        <button type="button" class="button" @click="all">{{ picking.all }}</button><button type="button" class="button" @click="picked = []">{{ picking.none }}</button>
      </div>
    </nav>`,
  props: { items: Array, chosen: String, label: String, empty: String, picking: Object },
  data: () => ({ picked: (new URLSearchParams(location.search).get("pick") || "").split(",").filter(Boolean) }),
  computed: {
    among() { return this.picking ? this.items.filter((i) => this.picked.includes(i.key)).map((i) => i.key) : []; },
    group() { return this.items.find((i) => i.key === this.among[0])?.group; },
  },
  watch: {
    picked() {
      const here = new URL(location.href);
      here.searchParams.delete("pick");
      history.replaceState(history.state, "", here.href + (this.picked.length ? "&pick=" + this.picked : ""));
    },
  },
  methods: {
    off(i) { return !this.among.length || this.among.includes(i.key) ? "" : i.group !== this.group ? this.picking.other : this.among.length >= this.picking.most ? this.picking.full : ""; },
    all() { this.picked = [...new Set([...this.among, ...this.items.filter((i) => i.group === this.group).map((i) => i.key)])].slice(0, this.picking.most); },
  },
  mounted() {
    this.key = (e) => {
      if (!["j", "k"].includes(e.key) || e.ctrlKey || e.metaKey || e.altKey || e.target.closest("input:not([type=checkbox]), textarea, select")) return;
      const at = this.items.findIndex((i) => i.key === this.chosen), to = this.items[at + (e.key === "j" ? 1 : -1)] || (at < 0 && this.items[0]);
      if (to) location.assign(to.href);
    };
    addEventListener("keydown", this.key);
    document.querySelector(".queue-row.on")?.scrollIntoView({ block: "nearest" });
    document.querySelector(".queues .on")?.scrollIntoView({ block: "nearest", inline: "center" });
  },
  unmounted() { removeEventListener("keydown", this.key); },
};
