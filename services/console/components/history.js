// What happened to a case, newest first; a new fact slides in at the top and is announced politely.
export default {
  template: `
    <div class="history">
      <div class="chips" role="group">
        <button v-for="f in filters" :key="f.key" type="button" class="pick" :class="{ on: chosen === f.key }"
          :aria-pressed="chosen === f.key" @click="chosen = f.key">{{ f.name }} {{ f.n }}</button>
      </div>
      <ol>
        <li v-for="e in shown" :key="e.key" :class="[e.shape, { fresh: known && !known.has(e.key) }]">
          <time>{{ e.day }}<br>{{ e.time }}</time><i class="dot" aria-hidden="true"></i>
          <div class="said">
            <p><span class="order">{{ e.order }}</span> <b>{{ e.title }}</b> <span class="who">{{ e.who }}</span></p>
            <p v-if="e.note" class="note">{{ e.note }}</p>
            <details v-if="e.photos?.length" class="shots"><summary>{{ e.shots }}</summary><a v-for="(p, n) in e.photos" :key="p" :href="p" target="_blank"><img :src="p" :alt="e.shots + ' ' + (n + 1)" loading="lazy"></a></details>
            <p v-if="e.effect" class="effect">{{ e.effect }}</p>
          </div>
        </li>
      </ol>
      <p class="unseen" role="status" aria-live="polite">{{ news }}</p>
    </div>`,
  props: { entries: Array, filters: Array },
  data: () => ({ chosen: "", known: null, news: "" }),
  computed: { shown() { return this.chosen ? this.entries.filter((e) => e.group === this.chosen) : this.entries; } },
  watch: {
    entries(now, before) {
      this.known = new Set(before.map((e) => e.key));
      if (now.length > before.length) this.news = now[0].order + " " + now[0].title;
    },
  },
};
