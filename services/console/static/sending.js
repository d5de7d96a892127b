// How a form sends its act: under an id made once, so that sent again it is the same command, and what came of it.
const SLOW = 10_000;
export const made = () => [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");

// What is not told so is under the bell: the page was left, or the answer came too late.
export const shown = (key) => fetch("/outcomes/told", { method: "POST", keepalive: true, headers: { "Idempotency-Key": key } }).catch(() => {});

// Returns { ok, told, said, decided }: undecided is what was lost on the way or refused for now alone, to be sent again
// under the same id; what a rule refused is, corrected, another command. `late` is called when it takes long.
export async function send(url, content, key, sequence, words, late) {
  const slow = setTimeout(late, SLOW), begun = Date.now();
  const headers = { "Content-Type": "application/json", "Idempotency-Key": key };
  if (sequence) headers["If-Match"] = String(sequence);
  try {
    const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(content) });
    const told = await answer.json();
    if (answer.status === 401) location.assign("/login?next=" + encodeURIComponent(location.pathname + location.search));
    else if (Date.now() - begun < SLOW) shown(key);
    const said = answer.ok ? words.done : words.refused.replace("{why}", told[words.title]);
    return { ok: answer.ok, told, said, decided: answer.status < 500 && answer.status !== 429 };
  } catch {
    return { ok: false, told: {}, said: words.lost, decided: false };
  } finally { clearTimeout(slow); }
}
