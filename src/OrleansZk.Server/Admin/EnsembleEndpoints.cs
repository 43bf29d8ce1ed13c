using System.Globalization;
using OrleansZk.Core.Ensemble;
using OrleansZk.Core.Replication;
using OrleansZk.Server.Hosting;

namespace OrleansZk.Server.Admin;

/// <summary>What the admin port tells of the ensemble, and does to it.</summary>
internal static class EnsembleEndpoints
{
    public static void MapEnsemble(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/ensemble", Show);
        endpoints.MapPost("/ensemble/transfer", TransferAsync);
    }

    private static IResult Show(Engine engine) => engine.Member is not { } member
        ? StandsAlone()
        : Results.Json(new
        {
            id = member.Self.Id,
            role = member.Role.ToString(),
            epoch = member.Epoch,
            reloads = member.Reloads,
            leader = member.View?.Leader?.Id,
            members = member.View?.Members.Select(other => new
            {
                id = other.Info.Id,
                peer_address = other.Info.PeerAddress,
                client_address = other.Info.ClientAddress,
                followed_epoch = other.Report.FollowedEpoch,
                last_zxid = Hex(other.Report.LastZxid),
                silent_for_ms = (long)other.SilentFor.TotalMilliseconds,
                is_connected = other.IsConnected,
            }),
            followers = member.Followers.Select(follower => new
            {
                id = follower.ServerId,
                address = follower.Address,
                applied_zxid = Hex(follower.AppliedZxid),
            }),
        });

    /// <summary>Gives the leadership to the server named by <c>to</c>, or to the one whose turn it is.</summary>
    /// <remarks>Refused while another transfer is under way, or was less than <see cref="MemberOptions.TransferInterval"/> ago: each is a pause for all clients.</remarks>
    private static async Task<IResult> TransferAsync(
        Engine engine, ChangeGuard guard, HttpRequest request, string? to, CancellationToken cancellationToken)
    {
        if (guard.Refusal(request) is { } refusal)
        {
            return Results.Json(new { error = refusal }, statusCode: StatusCodes.Status403Forbidden);
        }

        if (engine.Member is not { } member)
        {
            return StandsAlone();
        }

        int? successor = null;
        if (to is not null)
        {
            if (!int.TryParse(to, NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                || member.View?.Members.Any(other => other.Info.Id == id && id != member.Self.Id) != true)
            {
                return Results.BadRequest(new { error = $"'to' is '{to}', but must be the id of another member" });
            }

            successor = id;
        }

        try
        {
            return await member.RequestTransferAsync(successor, cancellationToken) switch
            {
                TransferOutcome.Done => Results.Ok(new { transferred_by = member.Self.Id, to = successor }),
                TransferOutcome.NotLeading => Results.Conflict(new { error = "this server does not lead", leader = member.View?.Leader?.Id }),
                TransferOutcome.UnderWay => Results.Conflict(new { error = "a transfer is under way" }),
                _ => Results.Json(
                    new { error = "the leadership was transferred moments ago; try again in some seconds" }, statusCode: StatusCodes.Status429TooManyRequests),
            };
        }
        catch (StoreUnavailableException e)
        {
            return Results.Json(new { error = e.Message }, statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }

    private static IResult StandsAlone() => Results.NotFound(new { error = "this server stands alone" });

    private static string Hex(long zxid) => string.Create(CultureInfo.InvariantCulture, $"0x{zxid:x}");
}
