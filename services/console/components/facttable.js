// A table of figures: a cell may be a link, a chip, or a dot on a strip; on a phone each row becomes a card.
export default {
  template: `
    <div class="fact-scroll">
      <table class="facts" :class="{ stacked }">
        <caption v-if="caption" class="unseen">{{ caption }}</caption>
        <thead><tr><th v-for="h in head" :key="h.text" scope="col" :class="h.css" :title="h.title">{{ h.text }}</th></tr></thead>
        <tbody>
          <tr v-for="(row, n) in rows" :key="row.key ?? n" :class="row.css">
            <td v-for="(c, i) in row.cells" :key="i" :class="[head[i].css, c.css]" :data-label="head[i].text" :title="c.title">
              <span v-if="c.at !== undefined && c.at !== null" class="strip" aria-hidden="true"><i :style="{ left: c.at + '%' }"></i></span>
              <span v-if="c.links" class="links"><a v-for="(l, k) in c.links" :key="k" :href="l.href">{{ l.text }}</a></span>
              <a v-else-if="c.href" :href="c.href">{{ c.text }}</a>
              <span v-else-if="c.chip" class="chip" :class="c.chip">{{ c.text }}</span>
              <span v-else>{{ c.text }}</span>
              <small v-if="c.small">{{ c.small }}</small>
            </td>
          </tr>
          <tr v-if="!rows.length"><td :colspan="head.length" class="empty">{{ empty }}</td></tr>
        </tbody>
      </table>
    </div>`,
  props: { head: Array, rows: Array, empty: String, caption: String, stacked: Boolean },
};
