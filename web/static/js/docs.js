// Draws the OpenAPI document with the vendored Swagger UI.
window.SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  withCredentials: true,
  requestInterceptor: (request) => {
    request.headers["X-CSRF"] = "1";
    return request;
  },
});
