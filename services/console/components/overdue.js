export default {
  template: `
    <table class="rows">
      <thead><tr><th>{{ words.what }}</th><th>{{ words.unit }}</th><th class="right">{{ words.over }}</th></tr></thead>
      <tbody>
        <tr v-for="row in rows" :key="row.id">
          <td><a class="title" :href="row.href" :title="row.title">{{ row.title }}</a><small>{{ row.number }}</small></td>
          <td><span class="unit" :title="row.unit">{{ row.unit }}</span><span class="chip" :class="row.state">{{ row.chip }}</span></td>
          <td class="right"><span class="late">{{ row.over }}</span>
            <details v-if="words.menu" class="row-menu" @keydown.esc="shut" @focusout="left"><summary :aria-label="words.menu + ' ' + row.number">{{ words.menu }}</summary>
              <p><a :href="row.href + '?act=remind'">{{ words.remind }}</a><a :href="row.href + '?act=supervise'">{{ words.supervise }}</a></p></details></td>
        </tr>
        <tr v-if="!rows.length"><td colspan="3" class="empty">{{ words.empty }}</td></tr>
      </tbody>
    </table>`,
  props: { rows: Array, words: Object },
  methods: {
    shut(e) { const menu = e.currentTarget; menu.open = false; menu.querySelector("summary").focus(); },
    left(e) { if (!e.currentTarget.contains(e.relatedTarget)) e.currentTarget.open = false; },
  },
};
