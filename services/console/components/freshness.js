// How old is what we see? Judged here, since a dead connection cannot say so itself.
export default {
  template: `
    <div class="freshness" :class="tone" role="status">
      <i class="mark" aria-hidden="true"></i><span>{{ text }}</span>
      <Teleport v-if="age >= 30" to="#banner"><p class="banner" role="alert">{{ words.stopped }}</p></Teleport>
    </div>`,
  props: { at: String, beat: Number, words: Object, reload: Number },
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
    this.timer = setInterval(() => {
      this.now = performance.now();
      if (this.reload && this.now - this.opened > this.reload * 1000) location.reload();
    }, 1000);
  },
  unmounted() { clearInterval(this.timer); },
};
