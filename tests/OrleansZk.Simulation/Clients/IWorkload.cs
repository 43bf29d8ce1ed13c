using OrleansZk.Histories;

namespace OrleansZk.Simulation.Clients;

/// <summary>What a client asks for.</summary>
internal interface IWorkload
{
    /// <summary>Requests without an answer, above which it sends nothing more.</summary>
    int MaxOutstanding { get; }

    /// <summary>Requests of the next packet.</summary>
    int NextPacketSize { get; }

    TimeSpan NextThinkTime { get; }

    Request Next();

    /// <summary>A request that a server without a leader takes.</summary>
    Request NextRead();

    void OnAnswered(Request request, Answer answer);
}
