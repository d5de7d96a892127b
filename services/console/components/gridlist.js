export default {
  template: `
    <div class="gridlist">
      <div v-for="area in areas" :key="area.code" class="area">
        <h3>{{ area.name }}</h3>
        <div v-for="row in area.rows" :key="row.code" class="area-row"><span class="area-name">{{ row.name }}</span>
          <a v-for="code in row.grids" :key="code" class="cell" :class="'shade' + cell(code).shade" :href="cell(code).href || null"
            :title="names[code] + ' ' + cell(code).hint" :aria-label="names[code] + ' ' + cell(code).hint">{{ cell(code).n }}<i
            v-if="cell(code).late" class="map-badge">{{ cell(code).late }}</i></a>
        </div>
      </div>
    </div>`,
  props: { areas: Array, names: Object, cells: Object },
  methods: { cell(code) { return this.cells[code] || { shade: 0, n: 0, late: 0, hint: "" }; } },
};
