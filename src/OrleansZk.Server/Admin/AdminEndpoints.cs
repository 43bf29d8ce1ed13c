using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using OrleansZk.Server.Admin.Commands;
using OrleansZk.Server.Admin.Facts;

namespace OrleansZk.Server.Admin;

/// <summary>What the admin port answers: health, and ZooKeeper's commands (ZooKeeper: <c>JettyAdminServer</c>).</summary>
internal static class AdminEndpoints
{
    private const string Prefix = "/commands";
    private const string NotServing = "This ZooKeeper instance is not currently serving requests";

    private static readonly JsonWriterOptions JsonFormat = new()
    {
        Indented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static IServiceCollection AddAdmin(this IServiceCollection services)
    {
        services.AddSingleton<ServerFacts>();
        services.AddHealthChecks().AddCheck<ServingHealthCheck>("serving");
        return services;
    }

    public static void MapAdmin(this IEndpointRouteBuilder endpoints)
    {
        // Live as soon as it answers at all.
        endpoints.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false });
        endpoints.MapHealthChecks("/health/ready");
        endpoints.MapEnsemble();
        endpoints.MapGet(Prefix, ListAsync);
        endpoints.MapGet(Prefix + "/{name}", AnswerAsync);
    }

    private static Task ListAsync(HttpContext context)
    {
        var page = new StringBuilder();
        foreach (string name in CommandTable.All.Select(command => command.Name).Order(StringComparer.Ordinal))
        {
            page.Append($"<a href=\"{Prefix}/{name}\">{name}</a>\n<br/>\n");
        }

        context.Response.ContentType = "text/html; charset=utf-8";
        return context.Response.WriteAsync(page.ToString());
    }

    private static async Task AnswerAsync(HttpContext context)
    {
        string name = (string)context.Request.RouteValues["name"]!;
        ServerFacts facts = context.RequestServices.GetRequiredService<ServerFacts>();
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body, JsonFormat))
        {
            json.WriteStartObject();
            string? error;
            if (!CommandTable.ByName.TryGetValue(name, out Command? command))
            {
                error = $"Unknown command: {name}";
            }
            else if (command.NeedsServing && !facts.IsServing)
            {
                error = NotServing;
            }
            else
            {
                name = command.Name;
                error = command.WriteJson(json, new Question(facts, Query: context.Request.Query));
            }

            json.WriteString("command", name);
            json.WriteString("error", error);
            json.WriteEndObject();
        }

        // ZooKeeper answers errors with status 200 too.
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.WrittenCount;
        await context.Response.Body.WriteAsync(body.WrittenMemory, context.RequestAborted);
    }
}
