// A day, or a day and a time, typed in one form whatever language the browser speaks; the calendar beside it is Quasar's.
const TYPED = /^\s*(\d{4})\D(\d{1,2})\D(\d{1,2})\D*(?:(\d{1,2})\D(\d\d)(?:\D(\d\d))?)?\s*$/;
const two = (n) => String(n).padStart(2, "0");
export default {
  template: `
    <span class="day-field" @keydown.esc="close">
      <input ref="typed" type="text" inputmode="text" autocomplete="off" :value="shown" :required="required" :aria-label="label" :placeholder="timed ? '2026-11-24 14:30' : '2026-11-24'" :size="timed ? 17 : 11" @change="take($event.target.value)" @input="$emit('update:modelValue', $event.target.value)">
      <button ref="opens" type="button" class="button" :aria-expanded="open" :aria-label="words.calendar + ' ' + label" @click="open = !open"><span aria-hidden="true">▦</span></button>
      <span v-if="open" class="day-open" @click.prevent><q-date :model-value="day" mask="YYYY-MM-DD" minimal flat no-unset :options="within" @update:model-value="pick" /></span>
    </span>`,
  props: { modelValue: String, label: String, timed: Boolean, required: Boolean, least: String, most: String, words: Object },
  emits: ["update:modelValue"],
  data: () => ({ open: false }),
  computed: {
    shown() { return (this.modelValue || "").replace("T", " "); },
    day() { return (this.modelValue || "").slice(0, 10); },
  },
  mounted() { this.check(); }, updated() { this.check(); },
  methods: {
    take(said) { // as the service reads it, if it is a day at all
      const m = said.match(TYPED), time = m && m[4] ? `T${two(m[4])}:${m[5]}${m[6] ? ":" + m[6] : ""}` : "";
      this.$emit("update:modelValue", m ? `${m[1]}-${two(m[2])}-${two(m[3])}${this.timed ? time : ""}` : said);
    },
    within(day) { const on = day.replaceAll("/", "-"); return (!this.least || on >= this.least) && (!this.most || on <= this.most); },
    check() {
      const said = this.modelValue || "", form = this.timed ? /^\d{4}-\d\d-\d\d[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/ : /^\d{4}-\d\d-\d\d$/;
      const at = new Date(this.day + "T00:00:00Z"), real = form.test(said) && !isNaN(at) && at.toISOString().startsWith(this.day);
      const wrong = !real ? (this.timed ? this.words.moment : this.words.day) : this.within(this.day) ? "" : this.words.span.replace("{least}", this.least).replace("{most}", this.most);
      this.$refs.typed.setCustomValidity(said ? wrong : "");
    },
    pick(day) {
      this.$emit("update:modelValue", day + (this.timed ? "T" + (this.shown.slice(11, 16) || "09:00") : ""));
      this.open = false; this.$refs.typed.focus();
    },
    close(event) { if (this.open) { event.stopPropagation(); this.open = false; this.$refs.opens.focus(); } },
  },
};
