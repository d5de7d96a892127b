// What is personal is fetched only when asked for, with a reason; every look is kept on record.
import { draft, drop, keep } from "/static/drafts.js";
export default {
  template: `
    <div class="reveal">
      <form v-if="!shown" class="actform" @submit.prevent="look">
        <label><span>{{ words.why }} *</span><input v-model="why" @input="keep" required minlength="4" maxlength="200"></label>
        <p class="act-end"><button class="button" type="submit">{{ words.show }}</button><span class="state-refused" role="alert">{{ said }}</span></p>
      </form>
      <dl v-else class="details"><template v-for="r in shown" :key="r[0]"><dt>{{ r[0] }}</dt><dd>{{ r[1] }}</dd></template></dl>
    </div>`,
  props: { url: String, words: Object, names: Object },
  data: () => ({ why: "", shown: null, said: "" }),
  computed: { place() { return "draft:" + this.url; } },
  mounted() { this.why = draft(this.place).values?.why || ""; },
  methods: {
    keep() { keep(this.place, { why: this.why }); },
    async look() {
      this.said = "";
      try {
        const answer = await fetch(this.url + "?" + new URLSearchParams({ why: this.why })), told = await answer.json();
        if (!answer.ok) { this.said = told[this.words.title]; return; }
        const rows = [];
        const flat = (o) => { for (const [k, v] of Object.entries(o || {})) typeof v === "object" && v ? flat(v) : this.names[k] && v && rows.push([this.names[k], String(v)]); };
        flat(told);
        this.shown = rows;
        drop(this.place);
      } catch { this.said = this.words.lost; }
    },
  },
};
