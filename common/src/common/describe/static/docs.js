// Starts Swagger UI on the document that the page names. `validatorUrl: null`: no request leaves here.
SwaggerUIBundle({
  url: document.getElementById("docs").dataset.openapi,
  dom_id: "#docs",
  deepLinking: true,
  validatorUrl: null,
});
