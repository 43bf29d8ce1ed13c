using OrleansZk.Client;

namespace OrleansZk.Grains;

/// <summary>The stream of a session's watch events.</summary>
public static class WatchStreams
{
    /// <summary>The name of the stream provider, unless another is configured.</summary>
    public const string DefaultProvider = "OrleansZk";

    public const string Namespace = "zk-watch";

    public static StreamId Of(long sessionId) => StreamId.Create(Namespace, sessionId);
}

/// <summary>An event as it is on the stream.</summary>
/// <param name="Attachment">That the number belongs to: each attachment of the session counts from 1.</param>
[GenerateSerializer, Immutable, Alias("OrleansZk.StreamedEvent")]
public sealed record StreamedEvent([property: Id(0)] long Attachment, [property: Id(1)] NumberedEvent Event);
