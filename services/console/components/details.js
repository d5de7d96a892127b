export default {
  template: `
    <dl class="details"><template v-for="(row, i) in rows" :key="i"><dt>{{ row.name }}</dt>
      <dd><a v-if="row.href" :href="row.href">{{ row.text }}</a><template v-else>{{ row.text }}</template></dd></template></dl>`,
  props: { rows: Array },
};
