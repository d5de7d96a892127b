"use strict";
document.documentElement.classList.add("js");
const LONGEST = 1600, KEEP = 7 * 864e5, all = (what, among = document) => [...among.querySelectorAll(what)];

/* What is typed is kept until it was sent, a week at most. */
const keyOf = (field) => `draft:${field.dataset.draft}`;
function drafts() {
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith("draft:")) continue;
    try { if (Date.now() - JSON.parse(localStorage[key]).at > KEEP) localStorage.removeItem(key); } catch { localStorage.removeItem(key); }
  }
  for (const field of all("[data-draft]")) {
    const kept = localStorage.getItem(keyOf(field)), ticks = field.type === "radio" || field.type === "checkbox";
    if (kept && ticks) field.checked = [].concat(JSON.parse(kept).text).includes(field.value);
    else if (kept && !field.value) field.value = JSON.parse(kept).text;
    const ticked = () => all(`[data-draft="${field.dataset.draft}"]:checked`).map((each) => each.value);
    field.addEventListener("input", () => localStorage.setItem(keyOf(field), JSON.stringify({ at: Date.now(), text: ticks ? ticked() : field.value })));
    if (kept && field.closest("details")) field.closest("details").open = true;
  }
  if (document.querySelector("[data-sent]")) {
    const last = sessionStorage.getItem("sending");
    for (const key of last ? JSON.parse(last) : []) localStorage.removeItem(key);
    for (const field of all("[data-draft]")) if (!localStorage.getItem(keyOf(field))) field.value = field.defaultValue;
  }
  for (const form of all("form:not([data-queue])")) form.addEventListener("submit", () =>
    sessionStorage.setItem("sending", JSON.stringify(all("[data-draft]", form).map(keyOf))));
}

/* Photos are made smaller before they travel; what cannot be read here is left to the server to judge. */
async function smaller(file) {
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    const made = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    return made ? new File([made], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" }) : file;
  } catch { return file; }
}
function photos(input) {
  const chosen = [], place = input.closest("[data-shots]");
  const hold = () => { const files = new DataTransfer(); chosen.forEach(({ file }) => files.items.add(file)); input.files = files.files; };
  input.addEventListener("change", async () => {
    const added = [...input.files];
    const free = Number(input.dataset.photos) - chosen.length - all("[name=kept]:checked", place).length;
    for (const file of await Promise.all(added.slice(0, Math.max(0, free)).map(smaller))) {
      const shot = document.createElement("span"), picture = new Image(), drop = document.createElement("button"), one = { file };
      shot.className = "shot";
      picture.src = URL.createObjectURL(file);
      picture.alt = input.dataset.name;
      drop.type = "button";
      drop.textContent = input.dataset.drop;
      drop.addEventListener("click", () => { chosen.splice(chosen.indexOf(one), 1); shot.remove(); hold(); });
      shot.append(picture, drop);
      place.insertBefore(shot, input.closest(".add"));
      chosen.push(one);
    }
    hold();
  });
  input.form.addEventListener("reset", () => { chosen.length = 0; all(".shot:not(.kept)", place).forEach((shot) => shot.remove()); hold(); });
}

function position(button) {
  if (!navigator.geolocation) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    button.textContent = button.dataset.busy;
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      const form = button.form;
      form.elements.lon.value = coords.longitude.toFixed(6);
      form.elements.lat.value = coords.latitude.toFixed(6);
      button.textContent = button.dataset.done;
      form.dispatchEvent(new Event("input", { bubbles: true }));
    }, () => { button.textContent = button.dataset.failed; }, { enableHighAccuracy: true, timeout: 10000 });
  });
}

function near(form) {
  const place = form.querySelector("[data-near]");
  let waiting, last = "";
  const look = (delay) => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const asked = new URLSearchParams();
      for (const name of ["text", "estate", "address", "lon", "lat"]) asked.set(name, form.elements[name]?.value || "");
      if (!asked.get("estate") && !asked.get("lon") && !asked.get("address")) return;
      if (String(asked) === last) return;
      last = String(asked);
      try {
        const answer = await fetch(form.dataset.report || "/r/near", { method: "POST", body: asked });
        if (answer.ok) place.replaceChildren(...new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes);
      } catch { /* without a network nothing is near */ }
    }, delay);
  };
  form.addEventListener("input", (event) => { if (event.target.name !== "same_as") look(900); });
  look(0);
}

function taps(form) {
  form.addEventListener("submit", async (event) => {
    const tapped = event.submitter;
    if (!tapped || tapped.name === "act") return;
    event.preventDefault();
    const body = new URLSearchParams({ [tapped.name]: tapped.value });
    const said = form.elements.comment;
    if (said && said.value && tapped.value !== "half") body.set("comment", said.value);
    const mark = tapped.closest("fieldset").querySelector("[data-kept]");
    try {
      const answer = await fetch(form.action, { method: "POST", body });
      if (!answer.ok) throw new Error(answer.status);
      all("[aria-pressed]", tapped.parentElement).forEach((each) => each.setAttribute("aria-pressed", String(each === tapped)));
      mark.hidden = false;
      if (tapped.name === "solved") form.querySelector("[data-left]").hidden = tapped.value === "1";
    } catch { mark.hidden = true; alert(form.dataset.failed); }
  });
}

function once(form) {
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    if (form.dataset.going) { event.preventDefault(); return; }
    form.dataset.going = "1";
    setTimeout(() => { delete form.dataset.going; }, 10000);
  });
}

function copy(button) {
  button.hidden = !navigator.clipboard; // there is none without https
  button.addEventListener("click", async () => {
    try { await navigator.clipboard.writeText(location.href.split("?")[0]); button.textContent = button.dataset.done; } catch { button.hidden = true; }
  });
}

drafts();
all("[data-copy]").forEach(copy);
all("input[data-photos]").forEach(photos);
all("[data-position]").forEach(position);
all("form[data-report]").forEach(near);
all("form[data-taps]").forEach(taps);
all("form:not([data-queue])").forEach(once);
