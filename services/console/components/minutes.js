// The minutes in official layout; what was added since the last look is marked for a moment.
export default {
  template: `
    <article class="minutes" tabindex="0" :aria-label="title">
      <h3>{{ title }}</h3>
      <p class="issue">{{ issue }}</p>
      <p v-for="(p, i) in paragraphs" :key="i" :class="p.kind">{{ p.text }}</p>
      <p v-if="seal" class="seal-line">{{ seal }}</p>
    </article>`,
  props: { title: String, issue: String, paragraphs: Array, seal: String },
};
