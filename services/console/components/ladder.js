export default {
  template: `
    <div class="ladder">
      <div v-for="s in steps" :key="s.rung" class="step" :title="s.hint">
        <div class="step-head"><b>{{ s.name }}</b>
          <a :href="s.hrefs.reached">{{ words.reached }} <b>{{ s.reached }}</b></a></div>
        <div class="bar" :style="{ width: s.width + '%' }">
          <a v-for="p in s.parts" :key="p.kind" :class="'part ' + p.kind" :href="s.hrefs[p.kind]" :style="{ flexGrow: p.n }"
            :aria-label="words[p.kind] + ' ' + p.text">{{ p.shown }}</a>
        </div>
        <div class="step-foot">{{ s.foot }}</div>
      </div>
      <div class="legend"><span v-for="k in ['solved', 'in_hand', 'passed_up']" :key="k"><i :class="'swatch ' + k"></i>{{ words[k] }}</span></div>
    </div>`,
  props: { steps: Array, words: Object },
};
