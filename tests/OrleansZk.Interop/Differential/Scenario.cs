namespace OrleansZk.Interop.Differential;

/// <summary>A sequence of requests that is played on two servers.</summary>
public sealed record Scenario(string Name, Func<Stage, Task> Play)
{
    /// <summary>Plays it on one server. The root and a first session, named <c>a</c>, are there when it begins.</summary>
    public async Task<IReadOnlyList<Step>> PlayOnAsync(int port, IReadOnlyList<KnownDifference> known)
    {
        await using var stage = new Stage(port, "/" + Name.Replace(' ', '-'));
        await stage.EnterAsync("a");
        await stage.DoAsync("make the root", Wire.Op.Create, Wire.Requests.Create(stage.Root));
        await Play(stage);
        return stage.Transcript.Normalise(step => known.Any(difference => difference.Covers(Name, step)));
    }
}
