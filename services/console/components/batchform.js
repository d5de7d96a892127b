// Several cases dispatched to one lead: one command a case, so that one refused never stops its neighbours.
import { draft, drop, keep } from "/static/drafts.js";
import { made, send } from "/static/sending.js";
export default {
  template: `
    <form class="actform batch" @submit.prevent="send" :aria-label="words.name">
      <ol><li v-for="c in cases" :key="c.id"><a :href="c.href">{{ c.number }}</a> <span>{{ c.title }}</span>
        <span :class="'state-' + how(c).state" :role="how(c).state === 'refused' ? 'alert' : null">{{ how(c).said }}</span></li></ol>
      <label><span>{{ lead.label }}<i aria-hidden="true"> *</i></span>
        <span v-if="lead.first" class="chips"><button v-for="o in lead.options.slice(0, lead.first)" :key="o.value" type="button" class="pick" :class="{ on: to === o.value }" :aria-pressed="to === o.value" @click="to = o.value; keep()">{{ o.text }}</button></span>
        <select v-model="to" required @change="keep"><option v-for="o in lead.options" :key="o.value" :value="o.value">{{ o.text }}</option></select></label>
      <fieldset class="many"><legend>{{ support.label }}</legend><label v-for="o in helpers" :key="o.value"><input type="checkbox" :value="o.value" v-model="beside" @change="keep"> {{ o.text }}</label></fieldset>
      <p class="next">{{ words.next }}</p>
      <p class="act-end"><button type="submit" class="button primary" :disabled="busy || !waiting.length">{{ words.submit.replace("{n}", waiting.length) }}</button>
        <span role="status">{{ sum }}</span></p>
    </form>`,
  props: { cases: Array, group: String, lead: Object, support: Object, words: Object },
  data: () => ({ to: "", beside: [], keys: {}, told: {}, busy: false }),
  computed: {
    place() { return "draft:batch:" + this.group; },
    helpers() { return this.support.options.filter((o) => o.value !== this.to); },
    waiting() { return this.cases.filter((c) => !["done", "sent"].includes(this.told[c.id]?.state) && (!c.off || this.told[c.id]?.lost)); },
    sum() {
      const n = (state) => this.cases.filter((c) => this.told[c.id]?.state === state).length;
      return n("done") + n("refused") ? this.words.sum.replace("{done}", n("done")).replace("{refused}", n("refused")) : "";
    },
  },
  mounted() {
    const kept = draft(this.place).values || {};
    this.to = kept.to || this.lead.options[0]?.value; this.beside = kept.beside || []; this.keys = kept.keys || {};
  },
  methods: {
    how(c) {
      const told = this.told[c.id];
      return told && (told.state !== "refused" || told.lost || !c.off) ? told : { state: c.off ? "off" : "", said: c.off };
    },
    keep() { keep(this.place, { to: this.to, beside: this.beside, keys: this.keys }); },
    async send() {
      if (this.busy) return;
      this.busy = true;
      for (const c of this.waiting) this.keys[c.id] ||= made();
      this.keep(); // a page loaded anew sends what was not answered under the same ids
      await Promise.all(this.waiting.map(this.one));
      this.busy = false;
      this.waiting.length ? this.keep() : drop(this.place);
    },
    async one(c) {
      const tell = (state, said, lost) => { this.told[c.id] = { state, said, lost }; };
      tell("sent", this.words.sent);
      const content = { lead: this.to, support: this.beside.filter((one) => one !== this.to) };
      const { ok, said, decided } = await send(c.url, content, this.keys[c.id], c.sequence, this.words, () => tell("sent", this.words.slow));
      tell(ok ? "done" : "refused", said, !decided);
      if (decided) delete this.keys[c.id]; // a corrected one is another command
    },
  },
};
