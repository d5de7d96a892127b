// The list of cases on a phone; a desk has the grid instead.
export default {
  template: `
    <div class="orderlist">
      <a v-for="c in rows" :key="c.id" class="order-row" :href="'/cases/' + encodeURIComponent(c.number || c.id)">
        <span class="order-top"><b>{{ c.summary }}</b></span>
        <span class="order-mid"><span class="chip" :class="c.state">{{ c.chip }}</span><span>{{ c.number }}</span><span :class="c.state">{{ c.left || c.due }}</span></span>
        <span class="order-low">{{ [c.matter_name, c.responsible_name || c.unit_name].filter(Boolean).join(' · ') }}</span>
      </a>
      <p v-if="total === 0" class="empty">{{ words.empty }}</p>
      <button v-if="rows.length < total" type="button" class="button" @click="more">{{ words.more }}</button>
    </div>`,
  props: { src: String, words: Object },
  data: () => ({ rows: [], total: null }),
  mounted() { if (matchMedia("(max-width: 640px)").matches) this.more(); },
  methods: {
    async more() {
      const join = this.src.includes("?") ? "&" : "?";
      const page = await (await fetch(`${this.src}${join}offset=${this.rows.length}&limit=30`)).json();
      this.rows.push(...page.items);
      this.total = page.total;
    },
  },
};
