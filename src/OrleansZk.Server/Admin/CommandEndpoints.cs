using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Options;
using OrleansZk.Server.Admin.Commands;
using OrleansZk.Server.Admin.Facts;
using OrleansZk.Server.Configuration;

namespace OrleansZk.Server.Admin;

/// <summary>ZooKeeper's commands over HTTP (ZooKeeper: <c>JettyAdminServer</c>). What changes something takes a POST, which ZooKeeper does not ask for.</summary>
internal sealed class CommandEndpoints(ServerFacts facts, ChangeGuard guard, CommandGate gate, IOptions<ServerOptions> options, TimeProvider clock)
{
    private const string Prefix = "/commands";
    private const string NotServing = "This ZooKeeper instance is not currently serving requests";

    // Bytes of a long answer that are gathered before they are sent.
    private const int PartLength = 16 << 10;

    private static readonly JsonWriterOptions JsonFormat = new()
    {
        Indented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet(Prefix, ListAsync);
        foreach (string method in (string[])[HttpMethods.Get, HttpMethods.Post])
        {
            endpoints.MapMethods(
                Prefix + "/{name}", [method], context => context.RequestServices.GetRequiredService<CommandEndpoints>().AnswerAsync(context));
        }
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

    private Task AnswerAsync(HttpContext context)
    {
        string name = (string)context.Request.RouteValues["name"]!;
        bool isPost = HttpMethods.IsPost(context.Request.Method);
        if (!CommandTable.ByName.TryGetValue(name, out Command? command))
        {
            return isPost ? RefuseMethod(context, HttpMethods.Get) : WriteErrorAsync(context, name, $"Unknown command: {name}");
        }

        if (command.ChangesState != isPost)
        {
            return RefuseMethod(context, isPost ? HttpMethods.Get : HttpMethods.Post, command.Name);
        }

        if (isPost && guard.Refusal(context.Request) is { } refusal)
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return WriteErrorAsync(context, command.Name, refusal);
        }

        if (command.NeedsServing && !facts.IsServing)
        {
            return WriteErrorAsync(context, name, NotServing);
        }

        var question = new Question(facts, Query: context.Request.Query);
        return command is LongCommand answer
            ? WriteInPartsAsync(context, answer, question)
            : WriteAsync(context, command.Name, json => command.WriteJson(json, question));
    }

    private static Task RefuseMethod(HttpContext context, string allowed, string? name = null)
    {
        context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
        context.Response.Headers.Allow = allowed;
        return name is null ? Task.CompletedTask : WriteErrorAsync(context, name, $"{name} is asked for with {allowed}");
    }

    private static Task WriteErrorAsync(HttpContext context, string name, string error) => WriteAsync(context, name, _ => error);

    private static async Task WriteAsync(HttpContext context, string name, Func<Utf8JsonWriter, string?> write)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body, JsonFormat))
        {
            json.WriteStartObject();
            WriteEnd(json, name, write(json));
        }

        // ZooKeeper answers errors with status 200 too.
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.WrittenCount;
        await context.Response.Body.WriteAsync(body.WrittenMemory, context.RequestAborted);
    }

    private static void WriteEnd(Utf8JsonWriter json, string name, string? error)
    {
        json.WriteString("command", name);
        json.WriteString("error", error);
        json.WriteEndObject();
    }

    /// <remarks>Whoever takes longer to read the answer than a client may to shake hands does not get the rest: others wait for their turn.</remarks>
    private async Task WriteInPartsAsync(HttpContext context, LongCommand command, Question question)
    {
        using CommandTurn? turn = await gate.EnterAsync();
        if (turn is null)
        {
            await WriteErrorAsync(context, command.Name, CommandGate.Busy);
            return;
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(options.Value.HandshakeTimeout), clock);
        using CancellationTokenRegistration onLimit = limit.Token.Register(context.Abort);
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter, JsonFormat);
        json.WriteStartObject();
        foreach (Part _ in command.WriteJsonInParts(json, question))
        {
            if (json.BytesPending >= PartLength)
            {
                await json.FlushAsync(context.RequestAborted);
                await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
            }

            await turn.GiveWayAsync();
            context.RequestAborted.ThrowIfCancellationRequested();
        }

        WriteEnd(json, command.Name, null);
        await json.FlushAsync(context.RequestAborted);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }
}
