// The list as a workbook: a job with its progress, then the file.
export default {
  template: `
    <span class="export">
      <button type="button" class="button" :disabled="busy" @click="start">{{ words.start }}</button>
      <span v-if="job" role="status">
        <template v-if="job.state === 'running'"><progress :value="job.done" :max="job.total || 1" :aria-label="words.start"></progress> {{ job.done }} / {{ job.total }}</template>
        <a v-else-if="job.state === 'done'" class="button primary" :href="'/exports/cases/' + job.id + '.xlsx'" download>{{ words.fetch }}</a>
        <template v-else>{{ words.failed }}</template></span>
      <span class="state-refused" role="alert">{{ said }}</span></span>`,
  props: { query: String, words: Object },
  data: () => ({ job: null, busy: false, said: "" }),
  unmounted() { this.busy = false; },
  methods: {
    async start() {
      const sort = document.querySelector(".case-grid")?.dataset.sort;
      const asked = new URLSearchParams(this.query);
      if (sort) asked.set("sort", sort);
      this.busy = true; this.said = ""; this.job = null;
      try {
        this.job = await this.ask("/exports/cases?" + asked, { method: "POST" });
        while (this.busy && this.job.state === "running") {
          await new Promise((go) => setTimeout(go, 500));
          this.job = await this.ask("/exports/cases/" + this.job.id);
        }
      } catch (told) { this.job = null; this.said = told[this.words.title] || this.words.lost; }
      this.busy = false;
    },
    async ask(address, how) {
      const answer = await fetch(address, how), told = await answer.json();
      if (!answer.ok) throw told;
      return told;
    },
  },
};
