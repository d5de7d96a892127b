// Photos of a form: each is sent as it is chosen and stands here by its key, so that a page loaded anew still has it.
import { send } from "/static/sending.js";

export async function take(chosen, input, most, words, keep) {
  let why = "";
  for (const file of [...input.files].slice(0, most - chosen.length)) {
    try {
      const answer = await fetch("/act/intake/v1/photos", { method: "POST", headers: { "Content-Type": file.type || "application/octet-stream" }, body: file });
      const told = await answer.json();
      if (answer.ok) { chosen.push({ photo: told.photo, name: file.name }); keep(); } else why = words.refused.replace("{why}", told[words.title]);
    } catch { why = words.lost; }
    if (why) break;
  }
  input.value = "";
  return why;
}

// They go with their words before the act that they belong to, once: returns what refused them, if anything did.
export async function show(fields, values, key, words, late, keep) {
  const f = fields.find((one) => one.kind === "photos"), fresh = f ? values[f.name].filter((p) => !p.gone) : [];
  if (!fresh.length) return null;
  const added = await send(f.to, { text: values[f.beside], photos: fresh.map((p) => p.photo) }, key + "-p", "", words, late);
  if (!added.ok && added.told.rule !== "message.conflicting_id") return added; // that one: they went with this form before
  fresh.forEach((p) => { p.gone = true; });
  keep();
  return null;
}
