// The bell: what became of one's commands that were not waited for. Opening it reads them.
export default {
  template: `
    <div class="bell" @keydown.esc.stop="shut">
      <button type="button" ref="button" :aria-expanded="String(open)" :aria-label="n ? words.title + ' ' + n : words.title" :title="words.title" @click="open ? shut() : show()">
        <svg viewBox="0 0 20 20" aria-hidden="true"><path d="M10 2a5 5 0 0 0-5 5v4l-2 3h14l-2-3V7a5 5 0 0 0-5-5zM8 16a2 2 0 0 0 4 0z"/></svg>
        <b v-if="n" class="bell-count" aria-hidden="true">{{ n > 99 ? "99+" : n }}</b></button>
      <section v-if="open" class="bell-list" tabindex="0" :aria-label="words.title">
        <p class="bell-title">{{ words.title }}</p>
        <p v-if="said" class="state-refused" role="alert">{{ said }}</p>
        <p v-else-if="items && !items.length" class="bell-none">{{ words.none }}</p>
        <ol v-else>
          <li v-for="i in items" :key="i.key" :class="['is-' + i.state, { fresh: i.is_new }]">
            <p><b>{{ i.act }}</b> <a v-if="i.href" :href="i.href">{{ i.about }}</a> <time>{{ i.at }}</time></p>
            <p class="bell-said">{{ i.said }} <small v-if="i.rule">{{ i.rule }}</small></p>
          </li></ol>
      </section>
      <p class="unseen" role="status">{{ n ? words.news.replace("{n}", n) : "" }}</p>
    </div>`,
  props: { n: Number, words: Object },
  data: () => ({ open: false, items: null, said: "" }),
  watch: { n(now, before) { if (this.open && now > before) this.read(); } },
  mounted() { addEventListener("click", this.aside); },
  unmounted() { removeEventListener("click", this.aside); },
  methods: {
    show() { this.open = true; this.read(); },
    shut() { if (this.open) { this.open = false; this.$refs.button.focus(); } },
    aside(e) { if (this.open && !e.composedPath().includes(this.$el)) this.open = false; },
    async read() {
      try {
        const answer = await fetch("/outcomes", { method: "POST" });
        if (!answer.ok) throw answer.status;
        this.items = await answer.json(); this.said = "";
      } catch { this.said = this.words.lost; }
    },
  },
};
