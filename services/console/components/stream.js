// Rests while the pointer is on it: nothing may move away under a reader.
export default {
  template: `
    <ol class="stream" @mouseenter="rest = rows" @mouseleave="rest = null" @focusin="rest = rows" @focusout="rest = null">
      <li v-for="row in rest || rows" :key="row.key">
        <time>{{ row.at }}</time><span class="verb">{{ row.verb }}</span>
        <component :is="row.href ? 'a' : 'span'" class="title" :href="row.href || null" :title="row.title">{{ row.title }}</component>
        <span class="unit">{{ row.unit }}</span>
      </li>
      <li v-if="!rows.length" class="empty">{{ empty }} <a v-if="begin" :href="begin.href">{{ begin.text }}</a></li>
    </ol>`,
  props: { rows: Array, empty: String, begin: Object },
  data: () => ({ rest: null }),
};
