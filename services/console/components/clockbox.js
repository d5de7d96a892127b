// Counts down only while the case's own clock runs; resynchronised by every look of the server.
export default {
  template: `
    <div class="clockbox">
      <div class="left"><b :class="{ late: over }">{{ text }}</b><span class="chip" :class="state">{{ chip }}</span></div>
      <div class="due">{{ due }}</div>
      <div v-if="used !== null" class="meter" role="img" :aria-label="text"><i :class="state" :style="{ width: used + '%' }"></i></div>
    </div>`,
  props: { seconds: Number, unit: String, day: Number, runs: Boolean, rate: Number, beat: Number, due: String, state: String, chip: String,
    share: Number, none: String, words: Object },
  data: () => ({ base: performance.now(), now: performance.now() }),
  computed: {
    value() { return this.seconds - (this.runs ? ((this.now - this.base) / 1000) * this.rate : 0); },
    over() { return this.value < 0; },
    used() { return this.share === null || this.share === undefined ? null : Math.max(0, Math.min(100, this.share * 100)); },
    text() {
      if (this.seconds === null) return this.none;
      const s = Math.floor(Math.abs(this.value)), d = Math.floor(s / this.day), h = Math.floor((s % this.day) / 3600);
      const m = Math.floor((s % 3600) / 60), two = (n) => String(n).padStart(2, "0"), w = this.words;
      const office = this.unit === "wd" || this.unit === "wh";
      const size = this.unit === "uh" ? `${Math.floor(s / 3600)}:${two(m)}:${two(s % 60)}`
        : d ? w[(office ? "office" : "days") + (h ? "" : "_even")].replace("{d}", d).replace("{h}", h) : w.hours.replace("{h}", h).replace("{m}", m);
      return (this.over ? w.over : w.left).replace("{size}", size);
    },
  },
  watch: { beat() { this.base = this.now = performance.now(); } },
  mounted() { this.timer = setInterval(() => (this.now = performance.now()), 1000); },
  unmounted() { clearInterval(this.timer); },
};
