// Asks the device for a passkey, puts its answer into the form, and sends it.
"use strict";

(async () => {
  const form = document.querySelector("form[data-passkey]");
  if (!form) return;
  const says = form.querySelector("[role=status]");
  try {
    const options = JSON.parse(form.dataset.options);
    const made =
      form.dataset.passkey === "create"
        ? await navigator.credentials.create({
            publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options),
          })
        : await navigator.credentials.get({
            publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options),
          });
    form.querySelector("[name=credential]").value = JSON.stringify(made.toJSON());
    form.submit();
  } catch {
    says.classList.add("bad");
    says.textContent = form.dataset.failed;
  }
})();
