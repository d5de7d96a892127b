// A file of reports: a look before, the run with its progress, and the rows that were left out.
import { made, shown } from "/static/sending.js";
export default {
  template: `
    <form class="actform" @submit.prevent="look">
      <label><span>{{ words.source }}</span><select v-model="source"><option v-for="s in sources" :key="s.value" :value="s.value">{{ s.text }}</option></select></label>
      <label><span>{{ words.file }} *</span><input type="file" accept=".csv,.xlsx" required @change="file = $event.target.files[0]; seen = run = null"></label>
      <label v-for="f in fields" :key="f"><span>{{ words['field_' + f] || f }}</span>
        <select v-model="columns[f]"><option value="">-</option><option v-for="h in heading" :key="h" :value="h">{{ h }}</option></select></label>
      <p class="act-end"><button class="button" type="submit" :disabled="busy">{{ words.look }}</button>
        <button v-if="seen" class="button primary" type="button" :disabled="busy || run" @click="start">{{ words.start.replace("{n}", seen.rows) }}</button>
        <span class="state-refused" role="alert">{{ said }}</span></p>
      <table v-if="seen" class="plain"><caption>{{ words.seen }}</caption><tbody><tr v-for="(n, o) in seen.outcomes" :key="o"><th>{{ words['outcome_' + o] || o }}</th><td>{{ n }}</td></tr></tbody></table>
      <ul v-if="seen"><li v-for="r in seen.refused" :key="r.line">{{ words.line.replace("{n}", r.line) }} {{ r[words.tongue] }}</li></ul>
      <div v-if="run" role="status"><progress :value="run.part ?? 0" max="1"></progress> {{ words.rows.replace("{n}", run.rows ?? 0) }}
        <a v-if="run.ended_at" :href="'/paper/intake/v1/imports/' + run.run + '/rejects.xlsx'" class="button">{{ words.rejects }}</a></div>
    </form>`,
  props: { sources: Array, words: Object },
  data() { return { source: this.sources[0]?.value, file: null, heading: [], fields: [], columns: {}, seen: null, run: null, said: "", busy: false }; },
  methods: {
    async send(dry) {
      const chosen = Object.entries(this.columns).filter(([, c]) => c).map(([f, c]) => `${f}=${c}`).join(",");
      const asked = new URLSearchParams({ name: this.file.name, ...(dry ? { dry: "true" } : {}), ...(chosen ? { columns: chosen } : {}) });
      const headers = { "Content-Type": "application/octet-stream", ...(dry ? {} : { "Idempotency-Key": made() }) };
      this.busy = true; this.said = "";
      try {
        const answer = await fetch(`/act/intake/v1/sources/${this.source}/imports?${asked}`, { method: "POST", headers, body: this.file });
        const told = await answer.json();
        if (!dry) shown(headers["Idempotency-Key"]);
        if (answer.ok) return told;
        this.said = told[this.words.title];
      } catch { this.said = this.words.lost; } finally { this.busy = false; }
    },
    async look() {
      const told = await this.send(true);
      if (!told) return;
      this.seen = told; this.heading = told.heading; this.columns = { ...told.columns };
      this.fields = this.fields.length ? this.fields : Object.keys(this.words).filter((k) => k.startsWith("field_")).map((k) => k.slice(6));
    },
    async start() {
      this.run = await this.send(false);
      while (this.run && !this.run.ended_at) {
        await new Promise((go) => setTimeout(go, 1000));
        const answer = await fetch("/paper/intake/v1/imports/" + this.run.run);
        if (answer.ok) this.run = await answer.json();
      }
    },
  },
};
