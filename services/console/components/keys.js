// Work by keyboard: go to a page, open a form, take a proposal; ? lists the keys. Who speaks to the machine turns them off.
const OFF = "keys-off";
const writes = (e) => e.target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
export default {
  template: `
    <dialog class="keys" :aria-label="words.title" @click.self="$refs.list.close()" ref="list">
      <h2>{{ words.title }}</h2>
      <dl><template v-for="row in rows" :key="row[0]"><dt><kbd v-for="key in row[0].split(' ')">{{ key }}</kbd></dt><dd>{{ row[1] }}</dd></template></dl>
      <label><input type="checkbox" :checked="on" @change="turn"> {{ words.on }}</label>
      <form method="dialog"><button class="button">{{ words.close }}</button></form>
    </dialog>`,
  props: { go: Object, rows: Array, words: Object },
  data: () => ({ on: !localStorage.getItem(OFF), going: 0 }),
  mounted() { addEventListener("keydown", this.press); if (location.hash === "#search") this.search(); },
  unmounted() { removeEventListener("keydown", this.press); },
  methods: {
    turn(e) { this.on = e.target.checked; this.on ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1"); },
    press(e) {
      if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || writes(e) || document.querySelector("dialog[open]")) return;
      if (e.key === "?") return this.take(e, () => this.$refs.list.showModal());
      if (!this.on) return;
      if (this.going > performance.now() && this.go[e.key]) return this.take(e, () => location.assign(this.go[e.key]));
      this.going = e.key === "g" ? performance.now() + 2000 : 0;
      if (e.key === "/") return this.take(e, this.search);
      const back = e.key === "b" && document.querySelector(".desk.picked .back");
      if (back) return this.take(e, () => back.click());
      const act = document.querySelector(`details.act[data-key="${CSS.escape(e.key)}"]`);
      if (act) return this.take(e, () => this.open(act));
      if ("123".includes(e.key)) this.propose(e, Number(e.key) - 1);
    },
    take(e, what) { e.preventDefault(); what(); },
    search() {
      const field = document.querySelector("input[type=search]");
      field ? field.focus() : location.assign(this.go.c + "#search");
    },
    open(act) {
      act.open = true;
      act.querySelector("textarea, input, select, button[type=submit]:not([disabled])")?.focus();
    },
    propose(e, n) {
      const form = document.querySelector("details.act[data-proposes][open]"), among = form?.querySelector("select");
      if (!among?.options[n]) return;
      this.take(e, () => {
        among.selectedIndex = n;
        among.dispatchEvent(new Event("change", { bubbles: true }));
        form.querySelector("button[type=submit]").focus();
      });
    },
  },
};
