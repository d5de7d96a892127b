export default {
  template: `
    <table class="rows">
      <thead><tr><th>{{ words.what }}</th><th>{{ words.unit }}</th><th class="right">{{ words.over }}</th></tr></thead>
      <tbody>
        <tr v-for="row in rows" :key="row.id">
          <td><a class="title" :href="row.href" :title="row.title">{{ row.title }}</a><small>{{ row.number }}</small></td>
          <td><span class="unit" :title="row.unit">{{ row.unit }}</span><span class="chip" :class="row.state">{{ row.chip }}</span></td>
          <td class="right late">{{ row.over }}</td>
        </tr>
        <tr v-if="!rows.length"><td colspan="3" class="empty">{{ words.empty }}</td></tr>
      </tbody>
    </table>`,
  props: { rows: Array, words: Object },
};
