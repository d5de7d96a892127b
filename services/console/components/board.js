export default {
  template: `
    <div class="board">
      <section v-for="level in levels" :key="level.code" class="level">
        <div class="level-head"><h3>{{ level.name }}</h3>
          <a :href="level.href"><b>{{ level.pending }}</b> {{ words.pending }}</a></div>
        <div class="level-when">{{ level.when }}</div>
        <div class="level-done">{{ level.done }}<span v-if="level.up" class="up">{{ level.up }}</span></div>
        <a v-for="topic in level.topics" :key="topic.topic" class="topic" :class="{ moved: topic.from }" :href="topic.href">
          <span class="title" :title="topic.title">{{ topic.title }}</span>
          <span class="topic-foot"><span>{{ topic.from || topic.unit }}</span><span :class="{ late: topic.late }">{{ topic.by }}</span></span>
        </a>
        <p v-if="!level.topics.length" class="empty">{{ words.empty }}</p>
      </section>
    </div>`,
  props: { levels: Array, words: Object },
};
