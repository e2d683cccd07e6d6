// Marks the page that one is on, and says that scripts of the site run under its content security policy.
const here = location.pathname.replace(/index\.html$/, "");
for (const link of document.querySelectorAll("header nav a")) {
  if (new URL(link.href).pathname === here) link.setAttribute("aria-current", "page");
}
document.documentElement.dataset.ready = "yes";
const year = document.querySelector("[data-year]");
if (year) year.textContent = String(new Date().getFullYear());
