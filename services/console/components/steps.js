export default {
  template: `
    <ol class="steps">
      <li v-for="(step, i) in steps" :key="i" :class="step.state" :aria-current="step.state === 'now' ? 'step' : null">
        <span class="dot">{{ step.state === 'done' ? '✓' : i + 1 }}</span><span class="step-name">{{ step.name }}</span>
      </li>
    </ol>`,
  props: { steps: Array },
};
