// What is typed is kept in the browser until it took effect, a week at most; and where the cursor stood is found again.
const WEEK = 7 * 86400e3;
let left = null; // where somebody was writing in a form that is just being painted anew

export function draft(place) {
  try {
    const kept = JSON.parse(localStorage.getItem(place)) || {};
    return Date.now() - kept.at > WEEK ? {} : kept;
  } catch { return {}; }
}
export const keep = (place, values, key) => localStorage.setItem(place, JSON.stringify({ at: Date.now(), key, values }));
export const drop = (place) => localStorage.removeItem(place);

const inputs = (form) => [...form.querySelectorAll("textarea, select, input")];
export function leave(place, form) {
  const at = document.activeElement, field = inputs(form).indexOf(at);
  if (field >= 0) left = { place, field, range: [at.selectionStart, at.selectionEnd], at: Date.now() };
}
export function enter(place, form) {
  const box = form.closest("details"), here = left?.place === place && Date.now() - left.at < 3000 ? left : null;
  if (box && (here || draft(place).values)) box.open = true;
  if (!here) return;
  const into = inputs(form)[here.field];
  into?.focus({ preventScroll: true });
  try { into?.setSelectionRange(...here.range); } catch { /* a field without a cursor */ }
}
