// How old is what we see? Judged here, since a dead connection cannot say so itself.
const answers = () => fetch("/static/console.css", { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(5000) }).then((a) => a.ok, () => false);
const again = async () => { if (await answers()) location.reload(); };
function patient(socket) { // a page that loads itself anew while nobody answers is gone: the browser's own error takes its place
  const [own] = socket.listeners("connect_error");
  socket.off("connect_error", own);
  socket.on("connect_error", async (error) => { if (error.message !== "timeout" || (await answers())) own(error); });
}
export default {
  template: `
    <div class="freshness" :class="tone" role="status">
      <i class="mark" aria-hidden="true"></i><span>{{ text }}</span>
      <Teleport v-if="age >= 30 || late" to="#banner"><p class="banner" role="alert">{{ age >= 30 ? words.stopped : late }}</p></Teleport>
    </div>`,
  props: { at: String, beat: Number, late: String, words: Object, reload: Number },
  data: () => ({ seen: performance.now(), now: performance.now(), opened: performance.now() }),
  computed: {
    age() { return Math.floor((this.now - this.seen) / 1000); },
    tone() { return this.age >= 30 ? "dead" : this.age >= 10 ? "old" : "fresh"; },
    text() {
      return this.age >= 10 ? this.words.age.replace("{n}", this.age) : this.words.asof.replace("{at}", this.at || "—");
    },
  },
  watch: { beat() { this.seen = this.now = performance.now(); } },
  mounted() {
    let met = false;
    this.timer = setInterval(() => {
      this.now = performance.now();
      if (!met && window.socket?.listeners("connect_error").length) { patient(window.socket); met = true; }
      if (this.reload && this.now - this.opened > this.reload * 1000) again();
    }, 1000);
  },
  unmounted() { clearInterval(this.timer); },
};
