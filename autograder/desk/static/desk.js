// Tells how a try comes along. The page is complete without it: then it loads itself again every two seconds.
const state = document.getElementById("state");
const signs = { met: "✓", lost: "✗", checked: "•" };
const events = new EventSource(state.dataset.events);

events.onmessage = (message) => {
  const now = JSON.parse(message.data);
  if (now.state !== "waiting" && now.state !== "running") {
    events.close();
    location.reload();
    return;
  }
  document.getElementById("sentence").textContent =
    now.state === "running" ? "It is graded now."
      : now.before ? `${now.before} ${now.before === 1 ? "is" : "are"} before you in the line.` : "It is graded next.";
  const progress = document.getElementById("progress");
  if (progress) progress.value = Object.keys(now.items).length;
  for (const [item, verdict] of Object.entries(now.items)) {
    const sign = state.querySelector(`[data-item="${CSS.escape(item)}"] .sign`);
    if (sign) {
      sign.textContent = signs[verdict];
      sign.className = `sign ${verdict}`;
    }
  }
};
