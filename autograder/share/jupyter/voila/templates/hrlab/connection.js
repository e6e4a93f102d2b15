// Says plainly when the lab's engine is gone, since then nothing on the page can be saved.
{
  const PAUSE_MS = 15000;
  const config = JSON.parse(document.getElementById("jupyter-config-data").textContent);
  const banner = document.getElementById("page-lost");
  const messages = {
    ended: "The lab has stopped, so changes are no longer saved. What you answered before is safe. Copy any long text that you just wrote, then reload the page.",
    away: "The lab cannot be reached, so changes are not saved. Check that it still runs on this computer; this message goes away when it answers.",
  };
  const show = (text) => {
    if (banner.textContent !== text) banner.textContent = text;
    banner.hidden = !text;
  };
  const look = async () => {
    try {
      const answer = await fetch(`${config.baseUrl}api/kernels/${config.kernelId}`, { cache: "no-store", credentials: "same-origin" });
      const state = answer.ok ? (await answer.json()).execution_state : "";
      show(answer.status === 404 || state === "dead" ? messages.ended : "");
    } catch {
      show(messages.away);
    }
  };
  setInterval(look, PAUSE_MS);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
}
