// The bell in the header counts what arrives while the page is open.
const bell = document.querySelector("[data-bell]");
if (bell && window.EventSource) {
  const source = new EventSource(bell.dataset.bell);
  source.addEventListener("notification", () => {
    bell.textContent = String(Number(bell.textContent) + 1);
  });
  addEventListener("pagehide", () => source.close());
}
