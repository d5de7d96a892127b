// The topics of a meeting; arrows and j/k go from one to the next.
export default {
  template: `
    <ol class="agenda" @keydown="step">
      <li v-for="row in rows" :key="row.topic" :class="{ on: row.topic === chosen }">
        <a :href="row.href" :aria-current="row.topic === chosen ? 'true' : null">
          <span class="n">{{ row.n }}</span>
          <span class="what"><b>{{ row.title }}</b><small>{{ row.from }}<i v-if="row.urgent" class="late"> {{ row.urgent }}</i></small></span>
          <span class="how"><span class="chip" :class="row.tone">{{ row.chip }}</span><small :class="{ late: row.late }">{{ row.by }}</small></span>
        </a>
      </li>
      <li v-if="!rows.length" class="empty">{{ empty }}</li>
    </ol>`,
  props: { rows: Array, chosen: String, empty: String },
  methods: {
    step(event) {
      const way = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
      if (!way) return;
      const links = [...this.$el.querySelectorAll("a")];
      const next = links[links.indexOf(document.activeElement) + way];
      if (next) { event.preventDefault(); next.focus(); }
    },
  },
};
