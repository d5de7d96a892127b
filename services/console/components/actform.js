// A form for one act: typed text is kept until it took effect, and one opening of the form is one command.
import { draft, drop, enter, keep, leave } from "/static/drafts.js";
import { body, isShown, isWrong } from "/static/bodies.js";
import DayField from "/static/dayfield.js";
import { show, take } from "/static/photos.js";
import { made, send } from "/static/sending.js";
let asked = new URLSearchParams(location.search).get("act"); // the form that a link leads to
export default {
  template: `
    <form class="actform" @submit.prevent="send" @keydown.esc.stop="shut" :aria-label="title">
      <p v-if="title" class="act-title">{{ title }}</p>
      <template v-for="f in fields" :key="f.name">
      <fieldset v-if="f.kind === 'cards'" class="cards"><legend>{{ f.label }}</legend>
        <label v-for="o in f.options" :key="o.value" :class="{ on: values[f.name] === o.value, no: o.off }" :title="o.off || null"><input type="radio" :name="f.name" :value="o.value" v-model="values[f.name]" :disabled="!!o.off" required @change="keep"><b>{{ o.text }}</b><small>{{ o.off || o.hint }}</small></label></fieldset>
      <fieldset v-else-if="f.kind === 'many' && shown(f)" class="many" :class="{ wrong: bad(f) }"><legend>{{ f.label }}</legend><label v-for="o in f.options" :key="o.value">
        <input type="checkbox" :value="o.value" v-model="values[f.name]" @change="keep"> {{ o.text }}</label></fieldset>
      <label v-else-if="shown(f)" :for="f.first ? place + f.name : null" :class="{ wrong: bad(f) }">
        <span>{{ f.label }}<i v-if="f.required" aria-hidden="true"> *</i></span>
        <span v-if="f.first" class="chips"><button v-for="(o, n) in f.options.slice(0, f.first)" :key="o.value" type="button" class="pick" :class="{ on: values[f.name] === o.value }" :aria-pressed="values[f.name] === o.value" @click="values[f.name] = o.value; keep()"><kbd aria-hidden="true">{{ n + 1 }}</kbd> {{ o.text }}</button></span>
        <textarea v-if="f.kind === 'text'" v-model="values[f.name]" :required="f.required" :minlength="f.least" :maxlength="f.most" rows="3" @input="keep"></textarea>
        <select v-else-if="f.kind === 'choice'" :id="f.first ? place + f.name : null" :aria-label="f.first ? f.label : null" v-model="values[f.name]" :required="f.required" @change="keep">
          <option v-for="o in options(f)" :key="o.value" :value="o.value">{{ o.text }}</option></select>
        <template v-else-if="f.kind === 'photos'"><input type="file" accept="image/*" multiple :disabled="values[f.name]?.length >= f.most || state === 'sent'" @change="add(f, $event.target)">
          <span v-for="(p, n) in values[f.name]" :key="p.photo" class="shot">{{ p.name }} <button type="button" class="button" @click.prevent="values[f.name].splice(n, 1); keep()">{{ words.toss }}</button></span></template>
        <input v-else-if="f.kind === 'yes'" type="checkbox" v-model="values[f.name]" @change="keep">
        <day-field v-else-if="f.kind === 'day' || f.kind === 'moment'" v-model="values[f.name]" :label="f.label" :timed="f.kind === 'moment'" :required="f.required" :least="f.least" :most="f.most" :words="words" @update:model-value="keep" />
        <input v-else :type="f.kind === 'line' ? 'text' : f.kind" v-model="values[f.name]" :required="f.required" :min="f.least" :max="f.most" :maxlength="f.most" :step="f.step" @input="keep">
        <small v-if="f.hint">{{ f.hint }}</small>
      </label></template>
      <p v-if="next" class="next">{{ next }}</p>
      <p class="act-end"><template v-if="kept"><span class="off">{{ words.gone }}</span> <button type="button" class="button" @click="toss">{{ words.toss }}</button></template>
        <button v-else type="submit" class="button" :class="look || 'primary'" :disabled="off || state === 'sent' || state === 'done'" :title="off || null">{{ submit }}</button>
        <span v-if="off && !kept" class="off">{{ off }}</span>
        <span :class="'state-' + state" :role="state === 'refused' ? 'alert' : 'status'">{{ said }}</span></p>
    </form>`,
  props: { url: String, title: String, submit: String, next: String, fields: Array, fixed: Object, sequence: String, off: String, look: String, words: Object, into: Array, opened: Number, gone: Boolean }, emits: ["done", "blank"],
  components: { DayField },
  data: () => ({ values: {}, state: "", said: "", wrong: "", key: "" }),
  computed: { place() { return "draft:" + this.url; }, kept() { return this.gone && this.state !== "sent" && this.state !== "done"; } },
  mounted() { this.open(); this.$nextTick(() => { enter(this.place, this.$el); this.lead(); }); }, beforeUnmount() { leave(this.place, this.$el); },
  watch: { url() { this.open(); }, opened() { if (this.state === "done") { const said = this.said; this.open(); this.said = said; } }, gone() { this.clear(); } },
  methods: {
    clear() { if (this.gone && !draft(this.place).values) this.$emit("blank"); }, // nothing is lost with an act that is over
    lead() { if (asked && this.url.endsWith("/" + asked)) { asked = ""; this.$el.querySelector("textarea, select, input")?.focus(); } },
    toss() { drop(this.place); this.clear(); },
    open() {
      const kept = draft(this.place);
      this.key = kept.key || made();
      const first = (f) => f.value ?? (["many", "photos"].includes(f.kind) ? [] : f.kind === "yes" ? false : f.kind === "choice" && f.required ? f.options[0]?.value : "");
      this.values = Object.fromEntries(this.fields.map((f) => [f.name, kept.values?.[f.name] ?? first(f)]));
      this.state = this.said = this.wrong = "";
    },
    keep() { keep(this.place, this.values, this.key); }, shut() { const box = this.$el.closest("details"); if (box) { box.open = false; box.querySelector("summary").focus(); } },
    shown(f) { return isShown(f, this.values); },
    bad(f) { return isWrong(f, this.wrong); },
    options(f) { return f.like ? this.fields.find((one) => one.name === f.like).options : f.options; },
    async add(f, input) { this.said = await take(this.values[f.name], input, f.most, this.words, this.keep); this.state = this.said ? "refused" : ""; if (f.count) { this.values[f.count] = Math.max(this.values[f.count], this.values[f.name].length); this.keep(); } },
    async send() {
      if (this.off || this.gone || this.state === "sent") return;
      this.keep();
      this.state = "sent"; this.said = this.words.sent; this.wrong = "";
      const late = () => { this.said = this.words.slow; };
      const content = body(this.fields.filter((f) => this.shown(f) && f.kind !== "photos"), this.values, this.fixed, this.into);
      const { ok, told, said, decided } = await show(this.fields, this.values, this.key, this.words, late, this.keep) || await send(this.url, content, this.key, this.sequence, this.words, late);
      this.said = said;
      if (ok) {
        drop(this.place);
        this.state = "done";
        this.$emit("done", told);
        this.clear();
        return;
      }
      this.state = "refused"; this.wrong = told.field || "";
      if (decided) { this.key = made(); this.keep(); }
    },
  },
};
