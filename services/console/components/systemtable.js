export default {
  template: `
    <div class="scroll-x" tabindex="0" role="region" :aria-label="label">
      <table class="system-table">
        <thead><tr><th v-for="head in heads" :key="head" scope="col">{{ head }}</th></tr></thead>
        <tbody>
          <tr v-for="(row, n) in rows" :key="n">
            <td v-for="(cell, m) in row" :key="m" :class="cell.css">{{ cell.text }}</td>
          </tr>
        </tbody>
      </table>
    </div>`,
  props: { heads: Array, rows: Array, label: String },
};
