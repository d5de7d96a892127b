// Wishes on their way, a column a step; a card is a link.
export default {
  template: `
    <div class="claim-board">
      <section v-for="c in columns" :key="c.key" class="card" :aria-label="c.name">
        <header><h2>{{ c.name }}</h2><div class="card-more">{{ c.n }}</div></header>
        <a v-for="i in c.items" :key="i.key" :href="i.href" class="queue-row" :class="{ on: i.key === chosen }" :aria-current="i.key === chosen || null">
          <b>{{ i.title }}</b>
          <span class="queue-mid"><span class="chip" :class="i.state">{{ i.chip }}</span><time>{{ i.due }}</time></span>
          <span class="queue-low">{{ i.more }}</span></a>
        <p v-if="!c.items.length" class="empty">{{ c.empty }}</p>
      </section>
    </div>`,
  props: { columns: Array, chosen: String },
};
