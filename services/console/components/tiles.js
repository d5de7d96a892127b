export default {
  template: `
    <section class="tiles" :aria-label="label">
      <div v-for="tile in tiles" :key="tile.key" class="tile" :class="tile.tone" :data-figure="tile.key" :title="tile.hint">
        <a class="tile-main" :href="tile.href || null">
          <span class="tile-name"><i v-if="tile.shape" class="shape" aria-hidden="true">{{ tile.shape }}</i>{{ tile.name }}</span>
          <span class="tile-figure"><b>{{ tile.value }}</b><small v-if="tile.unit">{{ tile.unit }}</small></span>
        </a>
        <span class="tile-more">
          <template v-for="(part, i) in tile.more" :key="i"><span v-if="i" aria-hidden="true"> · </span><component
            :is="part.href ? 'a' : 'span'" :href="part.href || null">{{ part.text }}</component></template>
        </span>
      </div>
    </section>`,
  props: { tiles: Array, label: String },
};
