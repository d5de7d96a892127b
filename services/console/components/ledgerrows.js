// Entries of a ledger: real table cells at a desk, cards on a phone; nothing here can be edited.
export default {
  template: `
    <table class="ledger-rows">
      <thead><tr><th v-for="h in heads" :key="h" scope="col">{{ h }}</th></tr></thead>
      <tbody>
        <tr v-for="r in rows" :key="r.topic">
          <td><a :href="r.href">{{ r.topic }}</a><small>{{ r.on }}</small></td>
          <td class="subject"><b>{{ r.title }}</b><small>{{ r.chain }}</small></td>
          <td>{{ r.decision }}</td>
          <td>{{ r.lead }}</td>
          <td :class="{ late: r.late }">{{ r.due }}</td>
          <td><span class="chip" :class="r.tone">{{ r.state }}</span></td>
          <td><code v-if="r.hash" :title="r.hashes">{{ r.hash }}</code><a v-if="r.meeting" :href="r.meeting">{{ r.minutes }}</a></td>
        </tr>
      </tbody>
    </table>`,
  props: { heads: Array, rows: Array },
};
