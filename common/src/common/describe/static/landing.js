// Sends what a "try it" form says and shows the answer below it.
for (const form of document.querySelectorAll("form.try")) {
  const output = form.querySelector("output");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    let url = form.dataset.url;
    const query = new URLSearchParams();
    for (const input of form.querySelectorAll("input")) {
      if (input.dataset.in === "path") url = url.replace(`{${input.name}}`, encodeURIComponent(input.value));
      else if (input.value) query.append(input.name, input.value);
    }
    if (query.size) url += `?${query}`;
    const options = { method: form.dataset.method, headers: {} };
    if (form.elements.body) {
      options.body = form.elements.body.value;
      options.headers["Content-Type"] = "application/json";
    }
    output.textContent = "Sending…";
    try {
      const answer = await fetch(url, options);
      const text = await answer.text();
      let shown = text;
      try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON: as it is */ }
      output.textContent = `${answer.status} ${answer.statusText}\n${shown}`;
    } catch (error) {
      output.textContent = `No answer: ${error.message}. Is the server running?`;
    }
  });
}
