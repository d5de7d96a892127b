// What waits at a desk: one row a link; j and k move, rows never move under the reader.
export default {
  template: `
    <nav class="queue" :aria-label="label">
      <a v-for="i in items" :key="i.key" :href="i.href" class="queue-row" :class="{ on: i.key === chosen }" :aria-current="i.key === chosen || null">
        <span class="queue-top"><b>{{ i.title }}</b><span v-if="i.left" class="left" :class="i.state">{{ i.left }}</span></span>
        <span class="queue-mid"><span class="chip" :class="i.state">{{ i.chip }}</span><span>{{ i.number }}</span><time>{{ i.due }}</time></span>
        <span class="queue-low">{{ i.more }}</span>
      </a>
      <p v-if="!items.length" class="empty">{{ empty }}</p>
    </nav>`,
  props: { items: Array, chosen: String, label: String, empty: String },
  mounted() {
    this.key = (e) => {
      if (!["j", "k"].includes(e.key) || e.ctrlKey || e.metaKey || e.altKey || e.target.closest("input, textarea, select")) return;
      const at = this.items.findIndex((i) => i.key === this.chosen), to = this.items[at + (e.key === "j" ? 1 : -1)] || (at < 0 && this.items[0]);
      if (to) location.assign(to.href);
    };
    addEventListener("keydown", this.key);
    document.querySelector(".queue-row.on")?.scrollIntoView({ block: "nearest" });
    document.querySelector(".queues .on")?.scrollIntoView({ block: "nearest", inline: "center" });
  },
  unmounted() { removeEventListener("keydown", this.key); },
};
