// What a form asks for and sends: its fields laid into the body that the act takes; a field left empty is none.
export const isShown = (f, values) => !f.when || (f.when.length > 1 ? [].concat(f.when[1]).includes(values[f.when[0]]) : !!values[f.when[0]]);

export function isWrong(f, wrong) { // "parts.1.text" is the field `text` of the entry 1
  const at = wrong.split("."), n = at.find((part) => /^\d+$/.test(part));
  return at.at(-1) === (f.key || f.name).split(".").pop() && (!f.entry || n === undefined || Number(n) === f.entry[1]);
}

export function body(fields, values, fixed, into) {
  const own = {}, [list, given] = into || [];
  for (const f of fields) {
    const v = values[f.name];
    if (v === "" || v === null || v === undefined) continue;
    const value = f.kind === "moment" ? (v.replace(" ", "T") + ":00").slice(0, 19) + "+08:00" : f.flag ? v === "true" : f.kind === "number" ? Number(v) : f.lines ? v.split("\n").map((line) => line.trim()).filter(Boolean).map((text, n) => ({ code: String(n + 1), text })) : f.list || f.each ? String(v).split(/[\s,\uFF0C\u3001]+/).filter(Boolean) : v;
    const at = f.name.split("."), last = at.pop(); // "wisher.name" is a field of a field
    if (f.each) own[f.each[0]] = (own[f.each[0]] || []).concat(value.map((one) => ({ ...f.each[2], ...Object.fromEntries(one.split("@").map((part, n) => [f.each[1][n], part])) })));
    else if (f.entry) ((own[f.entry[0]] ??= [])[f.entry[1]] ??= { ...f.entry[2] })[f.key || f.name] = value;
    else (at.length ? own[at[0]] ??= {} : own)[last] = value;
  }
  for (const f of fields) if (f.entry && own[f.entry[0]]) own[f.entry[0]] = own[f.entry[0]].filter((one) => one); // entries left empty are none
  return list ? { ...fixed, [list]: [...fixed[list], { ...given, ...own }] } : { ...fixed, ...own };
}
